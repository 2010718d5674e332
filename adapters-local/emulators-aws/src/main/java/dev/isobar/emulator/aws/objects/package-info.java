/**
 * S3 as the other services reach it: their client, and what an {@code s3://} location says. How S3 itself is emulated may not come in, nor what a service does
 * with its objects.
 */
@NullMarked
package dev.isobar.emulator.aws.objects;

import org.jspecify.annotations.NullMarked;
