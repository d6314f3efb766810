import {describe, expect, it} from 'vitest';
import {noUsage} from '../domain/usage.ts';
import {interpretReply} from './interpret-reply.ts';
import {multiFileInstructions} from './multi-file-format.ts';

const outputs = ['README.md', 'docs/adr/', 'data.json'];
const section = (path: string, text: string): string => `=== FILE: ${path} ===\n${text}\n=== END FILE ===\n`;
const whole =
  section('README.md', '# Tool\n\nText.') +
  section('docs/adr/0001-use-git.md', '# Use git\n\nYes.') +
  section('data.json', '{}');

async function read(text: string) {
  return interpretReply({text, finishReason: 'stop', usage: noUsage}, {outputs, skill: {checks: {}}});
}

describe('a reply of several files', () => {
  it.each([
    ['with nothing around', whole],
    ['with blank lines between', whole.replaceAll('=== END FILE ===\n', '=== END FILE ===\n\n')],
    ['wholly in a fence', `\`\`\`\n${whole}\`\`\``],
    [
      'each file in a fence',
      section('README.md', '```markdown\n# Tool\n\nText.\n```') +
        section('docs/adr/0001-use-git.md', '# Use git\n\nYes.') +
        section('data.json', '```json\n{}\n```'),
    ],
  ])('is cut at its markers, %s', async (_, text) => {
    expect(await read(text)).toEqual([
      {path: 'README.md', text: '# Tool\n\nText.\n'},
      {path: 'docs/adr/0001-use-git.md', text: '# Use git\n\nYes.\n'},
      {path: 'data.json', text: '{}\n'},
    ]);
  });

  it.each([
    ['no markers', '# Tool\n\nText.', 'reply-off-format'],
    ['a refusal', "I'm sorry, but I can't help with that.", 'reply-refused'],
    ['talk before', `Here are the files:\n\n${whole}`, 'reply-chatter'],
    ['talk after', `${whole}\nLet me know!`, 'reply-chatter'],
    ['talk inside a file', whole.replace('Text.', "Text.\n\nLet me know if you'd like any changes."), 'reply-chatter'],
    ['the last end missing', whole.trimEnd().replace(/=== END FILE ===$/, ''), 'reply-off-format'],
    ['an end missing', whole.replace('=== END FILE ===\n', ''), 'reply-off-format'],
    ['an end too many', `${whole}=== END FILE ===\n`, 'reply-off-format'],
    ['a file missing', whole.replace(section('data.json', '{}'), ''), 'reply-off-format'],
    ['a folder left empty', whole.replace(/=== FILE: docs[\s\S]*?END FILE ===\n/, ''), 'reply-off-format'],
    ['a file twice', whole + section('README.md', '# Tool\n\nText.'), 'reply-off-format'],
    ['a file that was not asked for', whole + section('package.json', '{}'), 'reply-off-format'],
    ['a folder as a file', whole.replace('docs/adr/0001-use-git.md', 'docs/adr/'), 'path-escapes'],
    ['a way out of the folder', whole.replace('0001-use-git.md', '../../../etc/x.md'), 'path-escapes'],
    ['an absolute name', whole + section('/etc/passwd', 'x'), 'path-escapes'],
    ['a hook', whole + section('.git/hooks/pre-commit', 'x'), 'path-escapes'],
    ['an empty file', whole.replace('{}', ''), 'reply-empty'],
    ['broken JSON', whole.replace('{}', '{'), 'reply-off-format'],
    [
      'more files than one delivers',
      whole + Array.from({length: 100}, (_, n) => section(`docs/adr/${n}.md`, '# A\n\nB')).join(''),
      'reply-off-format',
    ],
  ])('is refused: %s', async (_, text, reason) => {
    await expect(read(text)).rejects.toMatchObject({failure: {reason}});
  });

  it('is described in the prompt in the words that are parsed', () => {
    const text = multiFileInstructions(outputs);
    for (const output of outputs) expect(text).toContain(`\`${output}\``);
    expect(text).toContain('=== FILE: path/of/the/file ===');
    expect(text).toContain('=== END FILE ===');
  });
});
