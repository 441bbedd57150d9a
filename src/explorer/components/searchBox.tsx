import { useState } from "preact/hooks";
import { links } from "../text/routes.js";

/** Finds whatever a text names. */
export function SearchBox() {
  const [text, setText] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    const query = text.trim();
    if (query === "") return;
    location.hash = links.search(query);
    setText("");
  };
  return (
    <form class="search" onSubmit={submit}>
      <label>
        <span class="hidden">Search</span>
        <input
          type="search"
          name="text"
          value={text}
          placeholder="Height, hash or account"
          maxLength={90}
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Search</button>
    </form>
  );
}
