package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Port;
import dev.isobar.conformance.report.Reported;
import dev.isobar.conformance.report.SuiteReport;
import dev.isobar.conformance.report.SuiteReport.Tested;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.Workload;
import dev.isobar.spi.AdapterSession;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * What the suites have in common. A subclass of a suite says how to connect and nothing else. Names are fresh for every test, so that a suite can run
 * against a service that it shares with others.
 *
 * @since 0.1
 */
@Reported
public abstract class PortSuite {
    private static final AtomicLong SERIAL = new AtomicLong();
    private static final String RUN = Long.toString(System.currentTimeMillis(), 36);

    private final Port port;
    private final List<AdapterSession> sessions = Collections.synchronizedList(new ArrayList<>());
    private @Nullable Platform platform;

    /** A suite of this port. */
    protected PortSuite(Port port) {
        this.port = port;
    }

    /** Something to connect to. Every session it opens sees the same state. */
    public interface Platform {
        /** Opens one more session; the suite closes it. */
        AdapterSession open();

        /** What the adapter declares. */
        CapabilityReport capabilities();

        /** What stands for the service, for the report. */
        default String against() {
            return "this machine";
        }

        /** The kit's server, for what the adapter runs: an image if it declares that, else a command of this machine. */
        default Workload server(String digest) {
            return runsImages() ? Workloads.serverImage(digest) : Workloads.server(digest);
        }

        /** A server that cannot start, in the same form. */
        default Workload brokenServer(String lastLine) {
            return runsImages() ? Workloads.brokenServerImage(lastLine) : Workloads.brokenServer(lastLine);
        }

        /** The kit's trainer, in the same form. */
        default Workload trainer(String how) {
            return runsImages() ? Workloads.trainerImage(how) : Workloads.trainer(how);
        }

        private boolean runsImages() {
            return capabilities().has(Capability.CONTAINER_IMAGES);
        }
    }

    /** The platform under test; asked once per test. */
    protected abstract Platform platform() throws Exception;

    @BeforeEach
    void connect(TestReporter reporter) throws Exception {
        Platform current = platform();
        platform = current;
        reporter.publishEntry(
                SuiteReport.ENTRY,
                Tested.of(current.capabilities(), port, current.against()).toJson());
    }

    @AfterEach
    void disconnect() {
        for (AdapterSession session : sessions) {
            session.close();
        }
        sessions.clear();
    }

    @Test
    @DisplayName("The adapter declares the port that this suite tests")
    void declared() {
        assertThat(capabilities().implementsPort(port)).isTrue();
    }

    /** The platform of this test. */
    protected final Platform tested() {
        return Objects.requireNonNull(platform);
    }

    /** One more session, as another process would open it; threads may ask for theirs. */
    protected final AdapterSession open() {
        AdapterSession session = tested().open();
        sessions.add(session);
        return session;
    }

    /** What the adapter declares. */
    protected final CapabilityReport capabilities() {
        return tested().capabilities();
    }

    /** A name nobody else uses. */
    protected static String fresh(String what) {
        return what + "-" + RUN + "-" + SERIAL.incrementAndGet();
    }

    /** Asserts that a call fails with this code and says something. */
    protected static IsobarException fails(ErrorCode code, ThrowingCallable call) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).isInstanceOf(IsobarException.class);
        IsobarException e = (IsobarException) thrown;
        assertThat(e.code()).as(String.valueOf(e.getMessage())).isEqualTo(code);
        assertThat(e.getMessage()).isNotBlank();
        return e;
    }

    /** Runs the promise if the capability is declared; else asserts that the call is refused. */
    protected final void declaredOrUnsupported(Capability capability, ThrowingCallable call, Promise promise)
            throws Exception {
        if (capabilities().has(capability)) {
            promise.check();
        } else {
            fails(ErrorCode.UNSUPPORTED, call);
        }
    }

    /** What holds when a capability is declared. */
    @FunctionalInterface
    protected interface Promise {
        /** Asserts it. */
        void check() throws Exception;
    }
}
