/**
 * Whether what Node tells of gets a turn at once, or one with all else that the same poll of the kernel has brought.
 *
 * One turn for many keeps the processor's caches warm (measured: 50 connections, a line at a time: a tenth of the server's time), but costs an immediate: where
 * few come at a time, each has its own. So has each in a simulation: no two come by one poll there, and what is counted of earlier ones would make two runs of one
 * seed differ.
 */

/** Arrivals in one poll from which on they have a turn together, and how many have one each before that is looked at again. */
const MANY = 4;
const ALONE = 64;

export class Gathering {
  #gathered = 0;
  #alone = 0;

  /** Something has arrived. True: it waits for what else there is. */
  waits(): boolean {
    if (this.#alone > 0) {
      this.#alone--;
      return false;
    }
    this.#gathered++;
    return true;
  }

  /** Node has told of all that there was. */
  done(): void {
    if (this.#gathered > 0 && this.#gathered < MANY) this.#alone = ALONE;
    this.#gathered = 0;
  }
}
