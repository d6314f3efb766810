/** Calls, and takes an error with this code of the system as done. False when there was one. */
export function ignoreCode(code: string, call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return false;
  }
}
