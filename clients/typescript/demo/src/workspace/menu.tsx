import { useEffect, useRef, useState, type ReactNode } from "react";

export interface MenuProps {
  label: ReactNode;
  /** What the label does not say. */
  name?: string;
  className?: string;
  /** Why what was chosen last failed; shown below. */
  problem?: string | null;
  children: ReactNode;
}

/** A button that discloses others. Escape, a choice, or a click elsewhere closes it. */
export function Menu({ label, name, className = "", problem = null, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    const elsewhere = ({ target }: Event) => {
      if (target instanceof Node && !whole.current?.contains(target)) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    };
  }, [isOpen]);
  return (
    <div
      ref={whole}
      className={`menu ${className}`}
      onKeyDown={({ key }) => {
        if (key !== "Escape" || !isOpen) return;
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button
        ref={button}
        type="button"
        className="button quiet"
        aria-expanded={isOpen}
        aria-label={name}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <div className="menu-list" onClick={() => setOpen(false)}>
          {children}
        </div>
      )}
      {!isOpen && problem !== null && (
        <p className="menu-list problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
