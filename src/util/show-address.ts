/** For showing and comparing: without name and password, also where one of them holds an `@`. */
export function withoutUser(address: string): string {
  return address.replace(/\/\/[^/]*@/, '//');
}

/** An address that still leads there: a name in front of an address of ssh is no secret, in front of any other it may be a token. */
export function withoutPassword(address: string): string {
  return /^ssh:/i.test(address) ? address.replace(/\/\/([^/@:]*):[^/]*@/, '//$1@') : withoutUser(address);
}
