import {describe, expect, it} from 'vitest';
import {checkOutput} from './check-output.ts';

const file = (text: string, path = 'README.md') => [{path, text}];

describe('checkOutput', () => {
  it('names every check that does not hold', () => {
    const checks = {
      mustContain: ['## Install', '## Use'],
      mustNotContain: ['lorem'],
      minCharacters: 100,
      maxCharacters: 10,
    };
    expect(() => checkOutput(file('## Use\n\nlorem ipsum\n'), checks)).toThrow(
      'The output does not meet its skill: it must contain "## Install"; it has 20 characters, fewer than 100; ' +
        '"README.md" must not contain "lorem"; "README.md" has 20 characters, more than 10; ' +
        '"README.md" must start with a heading of level one.',
    );
  });

  it.each([
    ['# T\n', true],
    ['\n\n# T\n', true],
    ['---\na: 1\n---\n# T\n', true],
    ['<!-- a\n\nb -->\n\n# T\n', true],
    ['*Written without a model (offline).*\n\n# T\n', true],
    ['<h1>T</h1>\n', true],
    ['T\n===\n', true],
    ['## T\n', false],
    ['# \n', false],
    ['<h1></h1>\n', false],
    ['#T\n', false],
    ['Text\n\n# T\n', false],
    ['*notice*\nText\n\n# T\n', false],
    ['```\n# T\n```\n', false],
    ['<!-- # T -->\n', false],
  ])('says of %j whether it starts with a heading: %s', (text, has) => {
    if (has) expect(() => checkOutput(file(text), {})).not.toThrow();
    else expect(() => checkOutput(file(text), {})).toThrow('heading of level one');
    expect(() => checkOutput(file(text), {heading: false})).not.toThrow();
    expect(() => checkOutput(file(text, 'notes.txt'), {})).not.toThrow();
  });

  it('counts characters as people do', () => {
    expect(() => checkOutput(file('# 🚀', 'a.txt'), {minCharacters: 4})).toThrow('3 characters');
    expect(() => checkOutput(file('# 🚀', 'a.txt'), {maxCharacters: 3})).not.toThrow();
  });

  it('takes several files together for what must be there, and each one for what must not', () => {
    const files = [...file('# A\n', 'a.md'), ...file('# B\n', 'b.md')];
    expect(() => checkOutput(files, {mustContain: ['# A', '# B'], minCharacters: 8, maxCharacters: 4})).not.toThrow();
    expect(() => checkOutput(files, {mustNotContain: ['# B']})).toThrow('"b.md" must not contain');
  });
});
