/** The Unix domain stream object. */
export { Unix } from "./unix.js";
