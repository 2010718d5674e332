package dev.isobar.testing;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Prints each skipped or aborted test with its reason: Surefire counts them on the console and keeps the reason to itself. */
public final class SkippedTests implements TestExecutionListener {

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        print(test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            print(
                    test,
                    result.getThrowable()
                            .map(Throwable::getMessage)
                            .orElse("aborted without a reason"));
        }
    }

    private static void print(TestIdentifier test, String reason) {
        System.out.println("[skipped] " + test.getUniqueIdObject().getSegments().stream()
                .skip(1)
                .map(segment -> segment.getValue())
                .reduce((left, right) -> left + " › " + right)
                .orElseGet(test::getDisplayName)
                + ": " + reason);
    }
}
