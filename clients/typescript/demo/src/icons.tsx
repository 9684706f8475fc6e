const SHAPES = {
  agent: "M12 3v3M6 9h12v9H6zM9 13v1M15 13v1M3 12v3M21 12v3",
  attach: "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8L10 17a1.7 1.7 0 0 1-2.4-2.4L15 7.2",
  chat: "M4 5h16v11H10l-4 4v-4H4z",
  check: "m5 12.5 4.5 4.5L19 7",
  clock: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3 2",
  cross: "M6 6l12 12M18 6 6 18",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  flask: "M9 3h6M10 3v6l-5 9.5A1.7 1.7 0 0 0 6.5 21h11a1.7 1.7 0 0 0 1.5-2.5L14 9V3M7.5 15h9",
  more: "M4 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0zM11 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0zM18 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0z",
  pause: "M9 5v14M15 5v14",
  people: "M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.5 20a6.5 6.5 0 0 1 13 0M16 5.5a3.2 3.2 0 0 1 0 6M18 14.5a6 6 0 0 1 3.5 5.5",
  play: "M8 5v14l11-7z",
  plus: "M12 5v14M5 12h14",
  route: "M6 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM18 16a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM8 6h7a3.5 3.5 0 0 1 0 7H9a3.5 3.5 0 0 0 0 7h7",
  save: "M12 4v11M7 10l5 5 5-5M5 20h14",
  send: "M4 12 20 4l-5 16-4-6.5z",
  stop: "M7 7h10v10H7z",
} as const;

export type IconName = keyof typeof SHAPES;

/** Says nothing by itself: what it stands for is in words beside it, or in its button's label. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={SHAPES[name]} />
    </svg>
  );
}

export function Logo() {
  return <img className="logo" src="/demo/icon.svg" alt="" width="32" height="32" />;
}
