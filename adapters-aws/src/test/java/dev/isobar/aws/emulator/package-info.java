/** What stands for AWS in tests, programs that others wrote, and the SDK's own clients of it. Nothing that a test asserts may come in. */
@NullMarked
package dev.isobar.aws.emulator;

import org.jspecify.annotations.NullMarked;
