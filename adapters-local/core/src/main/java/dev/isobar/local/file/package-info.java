/**
 * The file system as the local adapter needs it: atomic replacement, locks that hold between processes and threads, and the layout of
 * {@code ISOBAR_HOME}. Every other room of the adapter stands on this one.
 * Nothing of any port comes in here.
 */
@NullMarked
package dev.isobar.local.file;

import org.jspecify.annotations.NullMarked;
