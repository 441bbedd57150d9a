/** The heading of a page. After a link was followed it takes the focus, so that a reader starts there. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface PageTitleProps {
  /** For the window's title. */
  readonly title: string;
  readonly children?: ComponentChildren;
}

let isFirstPage = true;

export function PageTitle({ title, children }: PageTitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Fondaco`;
    if (!isFirstPage) heading.current?.focus({ preventScroll: true });
    isFirstPage = false;
  }, [title]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? title}
    </h1>
  );
}
