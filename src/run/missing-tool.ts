/** The program that a command wanted and did not find, by its exit code and what was said about it; undefined when it is another failure. */
export function missingTool(command: string, exitCode: number, output: string): string | undefined {
  // make has an exit code of its own for whatever its recipe ended with.
  const isMissing = exitCode === 127 || (exitCode === 2 && /^make.*\bError 127\b/m.test(output));
  if (!isMissing) return undefined;
  const said = names.map(pattern => pattern.exec(output)?.[1]).find(name => name !== undefined);
  return (said ?? command.trim().split(/\s+/)[0] ?? command).slice(0, 100);
}

const names = [
  /^(?:.*[:\s])?([^\s:'"`]+): (?:command )?not found$/m,
  /^(?:env|\/usr\/bin\/env): ['"‘]?([^\s:'"’]+)['"’]?: No such file or directory/m,
  /^make(?:\[\d+\])?: ([^\s:]+): No such file or directory/m,
];
