/** Every text that `{a,b}` in it stands for, nested ones too; undefined when there are more than `most`. */
export function expandBraces(glob: string, most: number): string[] | undefined {
  const done: string[] = [];
  const open = [glob];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = firstGroup(next);
    if (group === undefined) done.push(next);
    else
      for (const part of group.parts.toReversed())
        open.push(next.slice(0, group.start) + part + next.slice(group.end + 1));
    if (done.length + open.length > most) return undefined;
  }
  return done;
}

interface Group {
  readonly start: number;
  readonly commas: number[];
  end?: number;
}

/** The first `{…,…}` with its parts; one without a comma or without an end is itself. */
function firstGroup(glob: string): {start: number; end: number; parts: string[]} | undefined {
  const groups: Group[] = [];
  const open: Group[] = [];
  for (let index = 0; index < glob.length; index++) {
    const character = glob[index];
    if (character === '\\') index++;
    else if (character === '{') {
      const group = {start: index, commas: []};
      groups.push(group);
      open.push(group);
    } else if (character === ',') open.at(-1)?.commas.push(index);
    else if (character === '}') {
      const group = open.pop();
      if (group !== undefined) group.end = index;
    }
  }
  const group = groups.find(({commas, end}) => end !== undefined && commas.length > 0);
  if (group?.end === undefined) return undefined;
  const {start, commas, end} = group;
  const borders = [start, ...commas, end];
  return {start, end, parts: borders.slice(1).map((border, index) => glob.slice(borders[index]! + 1, border))};
}
