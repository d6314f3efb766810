import {useEffect} from 'preact/hooks';

/** Names the tab after what it shows. */
export function useTitle(text: string): void {
  useEffect(() => {
    document.title = `${text} · orchestrator`;
  }, [text]);
}
