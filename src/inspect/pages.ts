/** The pages that this process has open: workers of a cluster ask its primary process for one. */
import type { PageAnswer } from "./worker.js";

export interface OpenPage {
  readonly host: string;
  /** As it was asked for. */
  readonly port: number;
  readonly url: string;
}

const pages = new Set<OpenPage>();

/** @returns what ends that */
export function pageIsOpen(page: OpenPage): () => void {
  pages.add(page);
  return () => void pages.delete(page);
}

export function openPageAt(host: string, port: number): OpenPage | undefined {
  return [...pages].find((page) => page.host === host && page.port === port);
}

/** The one that was opened first. */
export function anyPage(): PageAnswer | null {
  const [page] = pages;
  return page === undefined ? null : { url: page.url, error: null };
}
