/** The emulator of Kinesis, judged by the SDK's own clients and by calls that no client would make. */
@NullMarked
package dev.isobar.emulator.aws.kinesis;

import org.jspecify.annotations.NullMarked;
