/** The console's mark: a cloud made of dashes, because it is not the real one. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b6b6b"/>' +
  '<path d="M10.5 22.5a4.5 4.5 0 0 1-.6-8.96A6.5 6.5 0 0 1 22.4 13.1a4.8 4.8 0 0 1-.9 9.4z" fill="none" stroke="#fff" ' +
  'stroke-width="2" stroke-linecap="round" stroke-dasharray="3.2 2.6"/></svg>\n';
