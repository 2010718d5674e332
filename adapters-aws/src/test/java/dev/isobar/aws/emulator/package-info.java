/** Starts and ends what stands for AWS in tests: programs that others wrote. Nothing that a test asserts may come in. */
@NullMarked
package dev.isobar.aws.emulator;

import org.jspecify.annotations.NullMarked;
