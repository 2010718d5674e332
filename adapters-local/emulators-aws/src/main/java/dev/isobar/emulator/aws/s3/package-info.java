/**
 * S3's REST protocol over a folder: conditional writes that are atomic, uploads in parts, checksums, pages. Needed because the emulators of others check a
 * precondition first and write later. Other services do not come in.
 */
@NullMarked
package dev.isobar.emulator.aws.s3;

import org.jspecify.annotations.NullMarked;
