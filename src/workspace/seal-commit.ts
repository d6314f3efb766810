import {createHash} from 'node:crypto';

/** Name and address, as they stand in a commit. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

export interface CommitParts {
  readonly tree: string;
  readonly parent: string;
  readonly identity: Identity;
  /** Seconds since 1970. */
  readonly time: number;
  readonly subject: string;
  readonly body: string;
  /** Whose branch it is for: other keys do not replace it. */
  readonly key: string;
}

const sealLine = /\nOrchestrator-Seal: ([0-9a-f]{64})\n$/;
const keyLine = /\nOrchestrator-Key: ([0-9a-f]+)\n/;

/**
 * The bytes of a commit of ours. The same parts give the same bytes. Its last line is a digest of all that stands before it: whoever
 * amends, rebases or adds to it makes another commit that does not match its seal.
 */
export function sealCommit({tree, parent, identity, time, subject, body, key}: CommitParts): Buffer {
  const who = `${plain(identity.name)} <${plain(identity.email)}> ${time} +0000`;
  const text = `tree ${tree}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n\n${plain(subject)}\n\n${body}\n\nOrchestrator-Key: ${key}\n`;
  return Buffer.from(`${text}Orchestrator-Seal: ${digest(Buffer.from(text))}\n`);
}

/** The key of a commit that is as we made it; undefined for every other one. */
export function sealedKey(commit: Buffer): string | undefined {
  const text = commit.toString('utf8');
  const seal = sealLine.exec(text);
  if (seal === null) return undefined;
  const sealed = Buffer.from(text.slice(0, seal.index + 1));
  return digest(sealed) === seal[1] ? keyLine.exec(sealed.toString('utf8'))?.[1] : undefined;
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update('orchestrator commit 1\0').update(bytes).digest('hex');
}

/** What would end a line or an address of a commit. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}<>]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
