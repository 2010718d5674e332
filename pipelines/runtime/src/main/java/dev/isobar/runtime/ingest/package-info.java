/**
 * From a source's file to events: records split and parsed, columns computed, expectations checked, events sorted by known time in bounded memory.
 * No port is used here and nothing is published; every record ends as an event or as a dead letter with its original bytes.
 */
@NullMarked
package dev.isobar.runtime.ingest;

import org.jspecify.annotations.NullMarked;
