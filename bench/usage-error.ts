/** The command line asks for what there is not: the message says what would be right, and is all that is shown. */
export class UsageError extends TypeError {
  override name = "UsageError";
}
