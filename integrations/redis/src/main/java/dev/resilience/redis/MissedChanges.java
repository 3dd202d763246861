package dev.resilience.redis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was set or deleted here and not in Redis. Its memory is bounded: beyond a number of keys, or
 * of their characters, single keys are no longer remembered, and all values in Redis have to be
 * given up instead.
 *
 * <p>Each note has a number, so that one that was made again while it was carried out stays.
 */
final class MissedChanges {

  private final int maxKeys;
  private final long maxCharacters;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock

  private final Map<String, Long> notes = new LinkedHashMap<>();
  private long characters;
  private long last;

  /** The newest change that is not noted by its key; 0: there is none. */
  private long overflow;

  /** Whether there is nothing, for readers. */
  private volatile boolean empty = true;

  MissedChanges(int maxKeys, long maxCharacters) {
    this.maxKeys = maxKeys;
    this.maxCharacters = maxCharacters;
  }

  /** Some of the notes. */
  record Page(Map<String, Long> notes) {

    List<String> keys() {
      return new ArrayList<>(notes.keySet());
    }
  }

  /** Notes a key, and says under which number. */
  long add(String farKey) {
    lock.lock();
    try {
      empty = false;
      long number = ++last;
      if (overflow == 0) {
        characters += notes.put(farKey, number) == null ? farKey.length() : 0;
        if (notes.size() > maxKeys || characters > maxCharacters) {
          forgetNotes();
          overflow = number;
        }
      } else {
        overflow = number;
      }
      return number;
    } finally {
      lock.unlock();
    }
  }

  private void forgetNotes() {
    notes.clear();
    characters = 0;
  }

  /** Takes a note back that was carried out. */
  void remove(String farKey, long number) {
    lock.lock();
    try {
      removeNote(farKey, number);
      empty = notes.isEmpty() && overflow == 0;
    } finally {
      lock.unlock();
    }
  }

  private void removeNote(String farKey, long number) {
    if (notes.remove(farKey, number)) {
      characters -= farKey.length();
    }
  }

  boolean isEmpty() {
    return empty;
  }

  /** Whether what Redis has for a key may be older than a change that was made here. */
  boolean cover(String farKey) {
    if (empty) {
      return false;
    }
    lock.lock();
    try {
      return overflow != 0 || notes.containsKey(farKey);
    } finally {
      lock.unlock();
    }
  }

  /** How many keys are noted. */
  int size() {
    lock.lock();
    try {
      return notes.size();
    } finally {
      lock.unlock();
    }
  }

  /** The number of the newest change that only giving up all values makes up for; 0: none. */
  long overflow() {
    lock.lock();
    try {
      return overflow;
    } finally {
      lock.unlock();
    }
  }

  /** All values in Redis were given up, which makes up for changes up to this number. */
  void overflowDone(long number) {
    lock.lock();
    try {
      if (overflow == number) {
        overflow = 0;
      }
      empty = notes.isEmpty() && overflow == 0;
    } finally {
      lock.unlock();
    }
  }

  /** The first notes, up to a number of keys and of their characters; at least one. */
  Page first(int keys, long upToCharacters) {
    lock.lock();
    try {
      Map<String, Long> page = new LinkedHashMap<>();
      long size = 0;
      for (Map.Entry<String, Long> note : notes.entrySet()) {
        size += note.getKey().length();
        if (page.size() == keys || (size > upToCharacters && !page.isEmpty())) {
          break;
        }
        page.put(note.getKey(), note.getValue());
      }
      return new Page(page);
    } finally {
      lock.unlock();
    }
  }

  void done(Page page) {
    lock.lock();
    try {
      page.notes().forEach(this::removeNote);
      empty = notes.isEmpty() && overflow == 0;
    } finally {
      lock.unlock();
    }
  }
}
