/** Whether the host of a parsed address is this machine: what is sent there needs no encryption. */
export function isLoopback({hostname}: Pick<URL, 'hostname'>): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
