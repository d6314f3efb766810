/** What a delta of a pack makes of its base; undefined when it does not fit the base or itself. https://git-scm.com/docs/gitformat-pack#_deltified_representation */
export function applyDelta(base: Buffer, delta: Buffer): Buffer | undefined {
  const sizes = readDeltaSizes(delta);
  if (sizes === undefined || sizes.base !== base.length) return undefined;
  const target = Buffer.allocUnsafe(sizes.target);
  let at = sizes.end;
  let written = 0;
  while (at < delta.length) {
    const command = delta[at++]!;
    if (command === 0) return undefined;
    if (command < 0x80) {
      if (at + command > delta.length || written + command > target.length) return undefined;
      delta.copy(target, written, at, at + command);
      at += command;
      written += command;
      continue;
    }
    let offset = 0;
    let size = 0;
    for (let bit = 0; bit < 4; bit++) if (command & (1 << bit)) offset += (delta[at++] ?? 0) * 2 ** (8 * bit);
    for (let bit = 0; bit < 3; bit++) if (command & (0x10 << bit)) size += (delta[at++] ?? 0) << (8 * bit);
    if (size === 0) size = 0x10000;
    if (offset + size > base.length || written + size > target.length) return undefined;
    base.copy(target, written, offset, offset + size);
    written += size;
  }
  return written === target.length ? target : undefined;
}

/** The sizes that a delta names, and where its commands begin. */
export function readDeltaSizes(delta: Buffer): {base: number; target: number; end: number} | undefined {
  const base = readSize(delta, 0);
  const target = base === undefined ? undefined : readSize(delta, base.end);
  if (base === undefined || target === undefined) return undefined;
  return {base: base.value, target: target.value, end: target.end};
}

function readSize(bytes: Buffer, from: number): {value: number; end: number} | undefined {
  let value = 0;
  for (let at = from, factor = 1; at < bytes.length && at < from + 7; at++, factor *= 128) {
    value += (bytes[at]! & 0x7f) * factor;
    if (bytes[at]! < 0x80) return {value, end: at + 1};
  }
  return undefined;
}
