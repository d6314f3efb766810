import {type ComponentChild, h} from 'preact';
import {useState} from 'preact/hooks';
import type {PatchFile} from '../../report/patch-view.ts';
import {Diffstat} from './pieces.ts';
import {Text} from './text.ts';

/** Fewer more than that are not worth a click. */
const shown = 12;

/** What a change touches, where it is more than one file; all of it at once, or the first and how many more. */
export function FileList({files}: {files: readonly PatchFile[]}): ComponentChild {
  const [isOpen, setOpen] = useState(files.length <= shown + 3);
  if (files.length < 2) return null;
  return h(
    'div',
    {class: 'file-list'},
    h(
      'ul',
      {class: 'files'},
      files
        .slice(0, isOpen ? files.length : shown)
        .map((file, index) =>
          h('li', null, h('a', {href: `#file-${index}`}, h(Text, {of: file.path})), h(Diffstat, {of: file})),
        ),
    ),
    isOpen
      ? null
      : h(
          'button',
          {type: 'button', class: 'link', onClick: () => setOpen(true)},
          `${(files.length - shown).toLocaleString('en')} more of ${files.length.toLocaleString('en')} files`,
        ),
  );
}
