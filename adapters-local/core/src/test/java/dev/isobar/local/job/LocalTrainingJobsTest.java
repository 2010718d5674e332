package dev.isobar.local.job;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.conformance.TrainingJobsSuite;
import dev.isobar.local.LocalAdapter;
import dev.isobar.local.TestHome;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.TrainingJobs;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocalTrainingJobsTest extends TrainingJobsSuite {
    @RegisterExtension
    final TestHome home = new TestHome();

    @Override
    protected TrainingJobs jobs() {
        return home.session().trainingJobs();
    }

    @Override
    protected ObjectStore lake() {
        return home.session().objectStore();
    }

    @Override
    protected CapabilityReport capabilities() {
        return new LocalAdapter().capabilities();
    }
}
