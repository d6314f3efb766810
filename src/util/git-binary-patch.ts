import {promisify} from 'node:util';
import {deflate} from 'node:zlib';

/** The body of a binary patch as git writes it: the new content whole, and the old one so that it can be taken back. */
export async function gitBinaryPatch(before: Buffer | undefined, after: Buffer): Promise<string> {
  const back = before === undefined ? '' : `${await literal(before)}\n`;
  return `GIT binary patch\n${await literal(after)}\n${back}`;
}

async function literal(bytes: Buffer): Promise<string> {
  const packed = await promisify(deflate)(bytes);
  const lines = [`literal ${bytes.length}\n`];
  for (let at = 0; at < packed.length; at += lineBytes) lines.push(encodeLine(packed.subarray(at, at + lineBytes)));
  return lines.join('');
}

const lineBytes = 52;
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';

/** The first character says how many bytes follow, A to Z and then a to z; each four bytes are five digits, most significant first. */
function encodeLine(bytes: Buffer): string {
  const count = bytes.length;
  let line = String.fromCharCode(count <= 26 ? 0x40 + count : 0x60 + count - 26);
  for (let at = 0; at < count; at += 4) {
    let word = 0;
    for (let index = 0; index < 4; index++) word = word * 256 + (bytes[at + index] ?? 0);
    let group = '';
    for (let index = 0; index < 5; index++) {
      group = digits[word % 85] + group;
      word = Math.floor(word / 85);
    }
    line += group;
  }
  return `${line}\n`;
}
