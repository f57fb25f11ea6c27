// Files that wait for a connection: kept in IndexedDB, so that a reload does not lose them.

const STORE = "files";
const memory = new Map<string, Blob>();

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("kaskad", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opened = await database();
  try {
    return await new Promise<T>((resolve, reject) => {
      const request = act(opened.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    opened.close();
  }
}

/** Keep a file; false where the browser keeps it only until the page is left. */
export async function keepFile(id: string, file: Blob): Promise<boolean> {
  memory.set(id, file);
  try {
    await run("readwrite", (store) => store.put(file, id));
    return true;
  } catch {
    return false;
  }
}

export async function keptFile(id: string): Promise<Blob | null> {
  const known = memory.get(id);
  if (known) return known;
  try {
    return ((await run("readonly", (store) => store.get(id))) as Blob | undefined) ?? null;
  } catch {
    return null;
  }
}

export async function dropFile(id: string): Promise<void> {
  memory.delete(id);
  try {
    await run("readwrite", (store) => store.delete(id));
  } catch {
    // It was never kept.
  }
}
