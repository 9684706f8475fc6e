export function generated(): Promise<Record<string, string>>;
export function outOfDate(): Promise<string[]>;
