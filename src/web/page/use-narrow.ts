import {useEffect, useState} from 'preact/hooks';

/** The width at which the style sheet puts things below one another. */
const narrow = matchMedia('(max-width: 720px)');

export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const changed = (): void => setNarrow(narrow.matches);
    narrow.addEventListener('change', changed);
    return () => narrow.removeEventListener('change', changed);
  }, []);
  return isNarrow;
}
