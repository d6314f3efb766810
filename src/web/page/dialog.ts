import {type ComponentChild, type ComponentChildren, h} from 'preact';
import {useEffect, useRef} from 'preact/hooks';

export interface DialogProps {
  readonly title: string;
  onClose(): void;
  onKeyDown?(event: KeyboardEvent): void;
  readonly children?: ComponentChildren;
}

export function Dialog({title, onClose, onKeyDown, children}: DialogProps): ComponentChild {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return h(
    'dialog',
    {ref: element, 'aria-labelledby': 'dialog-title', onClose, onCancel: onClose, ...(onKeyDown && {onKeyDown})},
    h('h2', {id: 'dialog-title'}, title),
    children,
  );
}
