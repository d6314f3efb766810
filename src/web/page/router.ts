import {useEffect, useState} from 'preact/hooks';

/** The path and the query that are shown; following a link of our own changes them without a new document. */
export function usePlace(): URL {
  const [href, setHref] = useState(location.href);
  useEffect(() => {
    const changed = (): void => setHref(location.href);
    const clicked = (event: MouseEvent): void => {
      const link = (event.target as Element | null)?.closest?.('a');
      if (link == null || event.defaultPrevented || event.button !== 0 || isModified(event)) return;
      if (link.origin !== location.origin || link.target !== '' || link.hash !== '') return;
      event.preventDefault();
      goTo(link.pathname + link.search);
    };
    addEventListener('popstate', changed);
    document.addEventListener('click', clicked);
    return () => {
      removeEventListener('popstate', changed);
      document.removeEventListener('click', clicked);
    };
  }, []);
  return new URL(href);
}

export function goTo(path: string): void {
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
  scrollTo(0, 0);
}

/** Changes the address without a step in the history, for filters and tabs. */
export function replacePlace(path: string): void {
  history.replaceState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** As a value of a query, of the characters that the server takes. */
export function encodeValue(text: string): string {
  return encodeURIComponent(text).replace(/[!'()]/g, character => `%${character.charCodeAt(0).toString(16)}`);
}

function isModified(event: MouseEvent): boolean {
  return event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
}
