import {constants, openSync, rmSync} from 'node:fs';
import {Socket} from 'node:net';
import path from 'node:path';
import {runCommand} from '../util/run-command.ts';
import {makeTemporaryFolder} from '../util/temporary-folder.ts';

/**
 * A pipe that also another user may open again as `/dev/stdout`: what Node makes for a child is a socket, and `echo > /dev/stderr`
 * fails on it.
 */
export async function openOutputPipe(): Promise<{readonly reader: Socket; readonly writeDescriptor: number}> {
  const folder = makeTemporaryFolder('output');
  try {
    const pipe = path.join(folder, 'output');
    const {exitCode, stderr} = await runCommand('mkfifo', ['-m', '666', pipe], {env: {PATH: process.env.PATH}});
    if (exitCode !== 0) throw new Error(stderr);
    const readDescriptor = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writeDescriptor = openSync(pipe, 'w');
    return {reader: new Socket({fd: readDescriptor, readable: true, writable: false}), writeDescriptor};
  } finally {
    rmSync(folder, {recursive: true});
  }
}
