// Loaded by `node --require`: counts the durable operations of a process below CRASH_ROOT and kills it at the one that
// CRASH_AT names. CRASH_MODE: `before` it, `torn` in the middle of it, `after` it. CRASH_LOG, a file outside of
// CRASH_ROOT, gets the number of operations when the process ends, or the name of the one at which it was killed.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const {syncBuiltinESMExports} = require('node:module');
const {DatabaseSync} = require('node:sqlite');

const root = process.env.CRASH_ROOT;
const at = Number(process.env.CRASH_AT ?? 0);
const mode = process.env.CRASH_MODE ?? 'before';
const log = process.env.CRASH_LOG;
const original = {...fs};
let count = 0;

function die(name) {
  if (log !== undefined) original.writeFileSync(log, `killed ${mode} ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Runs `whole`, or dies around it. `half` is what a torn operation leaves behind; without it the kill races with the operation. */
function durable(name, whole, half) {
  if (++count !== at) return whole();
  if (mode === 'before') die(name);
  if (mode === 'torn') {
    if (half === undefined) whole();
    else half();
    die(name);
  }
  const result = whole();
  if (typeof result?.then !== 'function') die(name);
  return result.then(
    () => die(name),
    () => die(name),
  );
}

const below = file => {
  const text = String(file);
  return text.startsWith('/proc/self/fd/') ? below(linkOf(text)) : path.resolve(text).startsWith(`${root}/`);
};
function linkOf(text) {
  const [, , , , fd, ...rest] = text.split('/');
  try {
    return path.join(original.readlinkSync(`/proc/self/fd/${fd}`), ...rest);
  } catch {
    return '/';
  }
}
const creates = flags =>
  typeof flags === 'string' ? /[wa]/.test(flags) : (flags & (fs.constants.O_CREAT | fs.constants.O_TRUNC)) !== 0;

for (const name of ['renameSync', 'mkdirSync', 'unlinkSync', 'rmSync', 'rmdirSync', 'chmodSync']) {
  fs[name] = (file, ...rest) =>
    below(file)
      ? durable(`${name} ${path.basename(String(file))}`, () => original[name](file, ...rest))
      : original[name](file, ...rest);
}
fs.openSync = (file, flags, ...rest) =>
  creates(flags ?? 'r') && below(file)
    ? durable(`openSync ${path.basename(String(file))}`, () => original.openSync(file, flags, ...rest))
    : original.openSync(file, flags, ...rest);
for (const name of ['fsyncSync', 'fchmodSync', 'fchownSync']) {
  fs[name] = (fd, ...rest) =>
    below(`/proc/self/fd/${fd}`) ? durable(name, () => original[name](fd, ...rest)) : original[name](fd, ...rest);
}
fs.linkSync = (from, to) =>
  below(to)
    ? durable(`linkSync ${path.basename(String(to))}`, () => original.linkSync(from, to))
    : original.linkSync(from, to);
fs.fsync = (fd, done) => {
  const whole = () => originalPromise(callback => original.fsync(fd, callback));
  const flushed = below(`/proc/self/fd/${fd}`) ? durable('fsync', whole) : whole();
  flushed.then(() => done(null), done);
};
const originalPromise = call =>
  new Promise((resolve, reject) => call(error => (error === null ? resolve() : reject(error))));
fs.writeFileSync = (file, data, ...rest) => {
  const whole = () => original.writeFileSync(file, data, ...rest);
  if (typeof file !== 'number' || !below(`/proc/self/fd/${file}`)) return whole();
  const bytes = Buffer.from(data);
  return durable(`writeFileSync ${path.basename(linkOf(`/proc/self/fd/${file}`))}`, whole, () =>
    original.writeSync(file, bytes.subarray(0, bytes.length >> 1)),
  );
};
fs.writeSync = (fd, data, ...rest) => {
  const whole = () => original.writeSync(fd, data, ...rest);
  if (!below(`/proc/self/fd/${fd}`)) return whole();
  const bytes = Buffer.from(data);
  return durable(`writeSync ${path.basename(linkOf(`/proc/self/fd/${fd}`))}`, whole, () =>
    original.writeSync(fd, bytes.subarray(0, bytes.length >> 1)),
  );
};

const promises = fs.promises;
const originalPromises = {...promises};
for (const name of ['rename', 'mkdir', 'unlink', 'rm', 'rmdir', 'chmod']) {
  promises[name] = (file, ...rest) =>
    below(file)
      ? durable(`${name} ${path.basename(String(file))}`, () => originalPromises[name](file, ...rest))
      : originalPromises[name](file, ...rest);
}
promises.writeFile = (file, data, ...rest) => {
  const whole = () => originalPromises.writeFile(file, data, ...rest);
  if (typeof file !== 'string' || !below(file)) return whole();
  const bytes = Buffer.from(data);
  return durable(`writeFile ${path.basename(file)}`, whole, () =>
    original.writeFileSync(file, bytes.subarray(0, bytes.length >> 1)),
  );
};
let patched = false;
promises.open = async (file, flags, ...rest) => {
  const open = () => originalPromises.open(file, flags, ...rest);
  const handle = await (creates(flags ?? 'r') && below(file)
    ? durable(`open ${path.basename(String(file))}`, open)
    : open());
  if (!patched) patchHandle(Object.getPrototypeOf(handle));
  return handle;
};
function patchHandle(prototype) {
  patched = true;
  const {write} = prototype;
  prototype.write = function (data, ...rest) {
    const whole = () => write.call(this, data, ...rest);
    if (!below(`/proc/self/fd/${this.fd}`)) return whole();
    const bytes = Buffer.from(data);
    return durable('FileHandle.write', whole, () => original.writeSync(this.fd, bytes.subarray(0, bytes.length >> 1)));
  };
  const {writeFile} = prototype;
  prototype.writeFile = function (data, ...rest) {
    const whole = () => writeFile.call(this, data, ...rest);
    if (!below(`/proc/self/fd/${this.fd}`)) return whole();
    const bytes = Buffer.from(data);
    return durable('FileHandle.writeFile', whole, () =>
      original.writeSync(this.fd, bytes.subarray(0, bytes.length >> 1)),
    );
  };
  for (const name of ['sync', 'datasync', 'chmod', 'chown', 'truncate']) {
    const method = prototype[name];
    prototype[name] = function (...args) {
      return below(`/proc/self/fd/${this.fd}`)
        ? durable(`FileHandle.${name}`, () => method.apply(this, args))
        : method.apply(this, args);
    };
  }
}

const {exec} = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  const whole = () => exec.call(this, sql);
  const file = this.location();
  if (sql !== 'COMMIT' || file === null || !below(file)) return whole();
  return durable('COMMIT', whole, () => tearCommit(`${file}-wal`, whole));
};

/** Commits, then takes back the second half of what that wrote to the write-ahead log, as if the power had failed. */
function tearCommit(wal, commit) {
  const before = original.existsSync(wal) ? original.readFileSync(wal) : Buffer.alloc(0);
  commit();
  const now = original.readFileSync(wal);
  let first = 0;
  while (first < before.length && first < now.length && before[first] === now[first]) first++;
  let end = now.length;
  while (end > first && end <= before.length && before[end - 1] === now[end - 1]) end--;
  const middle = first + ((end - first) >> 1);
  const descriptor = original.openSync(wal, 'r+');
  if (middle < before.length) original.writeSync(descriptor, before.subarray(middle, end), 0, undefined, middle);
  if (now.length > before.length) original.ftruncateSync(descriptor, Math.max(before.length, middle));
  original.closeSync(descriptor);
}

syncBuiltinESMExports();
process.on('exit', () => {
  if (log !== undefined) original.writeFileSync(log, `${count}\n`);
});
