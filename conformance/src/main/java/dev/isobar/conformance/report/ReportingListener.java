package dev.isobar.conformance.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.isobar.conformance.report.SuiteReport.Outcome;
import dev.isobar.conformance.report.SuiteReport.Result;
import dev.isobar.conformance.report.SuiteReport.Tested;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes {@code target/conformance/CLASS.json} for every suite of the kit that a test run asks. The platform finds it by {@link java.util.ServiceLoader}: a
 * module that has the kit on its test class path needs to do nothing. Thread safe.
 *
 * @since 0.1
 */
public final class ReportingListener implements TestExecutionListener {
    private final Map<String, Asked> suites = new ConcurrentHashMap<>();
    private volatile @Nullable TestPlan plan;

    /** A suite while it runs. */
    private static final class Asked {
        private final List<Outcome> outcomes = new ArrayList<>();
        private @Nullable Tested platform;
        private @Nullable String problem;
    }

    /** For {@link java.util.ServiceLoader}. */
    public ReportingListener() {}

    @Override
    public void testPlanExecutionStarted(TestPlan started) {
        plan = started;
    }

    @Override
    public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
        String tested = entry.getKeyValuePairs().get(SuiteReport.ENTRY);
        if (tested != null) {
            suite(test).ifPresent(suite -> {
                try {
                    suite.platform = SuiteReport.tested(tested);
                } catch (JsonProcessingException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        suite(test).ifPresent(suite -> suite.outcomes.add(new Outcome(promise(test), Result.NOT_ASKED, reason)));
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        suite(test).ifPresent(suite -> {
            String reason = result.getThrowable().map(Throwable::getMessage).orElse("");
            if (test.isTest()) {
                suite.outcomes.add(new Outcome(
                        promise(test),
                        switch (result.getStatus()) {
                            case SUCCESSFUL -> Result.KEPT;
                            case FAILED -> Result.BROKEN;
                            case ABORTED -> Result.NOT_ASKED;
                        },
                        reason == null ? "" : reason));
            } else if (result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
                suite.problem = reason;
            }
        });
    }

    @Override
    public void testPlanExecutionFinished(TestPlan finished) {
        Path folder = Path.of(System.getProperty("basedir", ""), "target", "conformance");
        suites.forEach((name, asked) -> {
            SuiteReport report = new SuiteReport(name, asked.platform, asked.problem, List.copyOf(asked.outcomes));
            try {
                Files.createDirectories(folder);
                Files.writeString(folder.resolve(name + ".json"), report.toJson());
            } catch (IOException e) {
                throw new UncheckedIOException("the report of " + name + " cannot be written", e);
            }
        });
        suites.clear();
    }

    private Optional<Asked> suite(TestIdentifier test) {
        return outermost(test).map(name -> suites.computeIfAbsent(name, n -> new Asked()));
    }

    /** The name of the suite that a test belongs to; empty if it is no suite of the kit. */
    private Optional<String> outermost(TestIdentifier test) {
        String found = null;
        for (TestIdentifier at = test; at != null; at = parent(at)) {
            if (isSuite(at)) {
                found = ((ClassSource) at.getSource().orElseThrow()).getClassName();
            }
        }
        return Optional.ofNullable(found);
    }

    private String promise(TestIdentifier test) {
        StringBuilder sentence = new StringBuilder(test.getDisplayName());
        for (TestIdentifier at = parent(test); at != null && !isSuite(at); at = parent(at)) {
            sentence.insert(0, at.getDisplayName() + " › ");
        }
        return sentence.toString();
    }

    private static boolean isSuite(TestIdentifier test) {
        return test.getSource()
                .filter(ClassSource.class::isInstance)
                .map(source -> ((ClassSource) source).getJavaClass())
                .filter(type -> type.isAnnotationPresent(Reported.class))
                .isPresent();
    }

    private @Nullable TestIdentifier parent(TestIdentifier test) {
        TestPlan of = plan;
        return of == null ? null : of.getParent(test).orElse(null);
    }
}
