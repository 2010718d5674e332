/**
 * Cloud Storage's JSON API over a folder: generations and preconditions that are atomic, resumable uploads, composition, checksums, pages. Other services do not
 * come in.
 */
@NullMarked
package dev.isobar.emulator.gcp.storage;

import org.jspecify.annotations.NullMarked;
