import {type ComponentChild, h} from 'preact';
import {Text} from './text.ts';

/** The name of a skill, which leads to what is known of it; what cannot be one leads nowhere. */
export function SkillLink({name}: {name: string}): ComponentChild {
  return /^[a-z0-9-]+$/.test(name) ? h('a', {class: 'plain-link', href: `/skills/${name}`}, name) : h(Text, {of: name});
}
