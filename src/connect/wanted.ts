/** What a connect is to make, besides where to. */
import type { Connection } from "../connection/index.js";
import type { Failure } from "../object/index.js";
import { proxyHeader } from "../proxy/index.js";
import { prepare, type TlsContext } from "../tls/index.js";
import { defaultEncryption } from "./encrypting.js";
import { checkOptions, type ConnectOptions } from "./connect-options.js";
import type { PoolSettings } from "./pool.js";

/** The options of a connect, understood. */
export interface Wanted {
  pool: string | undefined;
  settings: PoolSettings;
  context: TlsContext | undefined;
  /** What it begins with. */
  header: Buffer | undefined;
  /** Told why the handshake failed: may throw. */
  refused: ((failure: Failure) => void) | undefined;
}

/** What the options say now: who changes them afterwards changes nothing. */
export function wanted(
  endpoint: { readonly domain: "tcp" | "unix"; readonly connection: Connection },
  options: ConnectOptions,
): Wanted {
  checkOptions(endpoint.domain, options);
  const byDefault = defaultEncryption(endpoint);
  const { pool, pool_size, backlog, tls = byDefault?.params, proxy } = options;
  const context = tls === undefined ? undefined : prepare(endpoint.connection, tls);
  const header = proxy === undefined ? undefined : proxyHeader(proxy);
  return { pool, settings: { pool_size, backlog }, context, header, refused: byDefault?.refused };
}
