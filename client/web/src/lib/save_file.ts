/** Hands a file to the browser, as a download. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Revoked later: the browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
