/**
 * The emulator's tests: the SDK's own clients against it, an S3 that is another's, and a container that is a small program. No stand-ins for what the
 * wire carries.
 */
@NullMarked
package dev.isobar.emulator.aws.sagemaker;

import org.jspecify.annotations.NullMarked;
