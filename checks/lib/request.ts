/** `request` where it is no path: the slash that the original puts before it, and takes off again, is no part of it. */
export const withoutSlash = (request: string): string => request.replace(/^\//, "");
