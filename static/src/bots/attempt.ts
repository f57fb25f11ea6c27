// Runs work that may be refused: the refusal is said in a toast.
import { RequestError } from "@shared/request";
import { toast } from "@shared/toast";

/** Do the work; false when it was refused, which the reader has been told. */
export async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    toast({ text: error.message, kind: "error" });
    return false;
  }
}
