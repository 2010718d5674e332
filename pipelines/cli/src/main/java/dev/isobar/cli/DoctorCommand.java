package dev.isobar.cli;

import dev.isobar.cli.install.Machine;
import dev.isobar.cli.print.Documents;
import dev.isobar.cli.settings.Settings;
import dev.isobar.error.IsobarException;
import dev.isobar.spi.Adapter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code isobar doctor}. */
@Command(
        name = "doctor",
        description = "Says what is missing on this machine and how to get it, and lists configuration keys.")
final class DoctorCommand extends Task {
    @Override
    Answer answer() {
        Machine machine = new Machine(host().installation(), host().environment());
        List<Documents.Check> checks = new ArrayList<>();
        machine.findings()
                .forEach(
                        f -> checks.add(new Documents.Check(f.check(), f.ok(), f.required(), f.finding(), f.remedy())));
        List<Documents.Key> keys = new ArrayList<>();
        try (Workbench workbench = new Workbench(isobar)) {
            workbench.requireTarget();
            adapter(workbench, checks, keys);
        }
        boolean ok = checks.stream().allMatch(c -> c.ok() || !c.required());
        Documents.Doctor doctor = new Documents.Doctor(
                ok,
                Program.builtVersion(),
                host().installation().project().toString(),
                host().installation().home().toString(),
                isobar.target,
                checks,
                keys);
        return new Answer(doctor, () -> summaries().doctor(doctor), ok ? Program.DONE : Program.FAILED);
    }

    private void adapter(Workbench workbench, List<Documents.Check> checks, List<Documents.Key> keys) {
        Adapter adapter;
        try {
            adapter = workbench.adapter();
        } catch (IsobarException e) {
            String remedy = e.hint();
            checks.add(new Documents.Check(
                    "adapter " + isobar.target,
                    false,
                    true,
                    String.valueOf(e.getMessage()),
                    remedy == null ? "Build again." : remedy));
            return;
        }
        Settings.keys(null, isobar.target, adapter.configuration()).forEach(k -> keys.add(Documents.Key.of(k)));
        configuration(workbench, adapter, checks);
    }

    /** A wrong configuration is one more finding: somebody who asks the doctor wants to see all of them. */
    private static void configuration(Workbench workbench, Adapter adapter, List<Documents.Check> checks) {
        try {
            Settings.Bound settings = workbench.settings(null);
            checks.add(new Documents.Check("configuration", true, true, "every key is known and valid", ""));
            for (Adapter.Diagnosis d : adapter.diagnose(workbench.context(settings))) {
                checks.add(new Documents.Check(adapter.id() + ": " + d.check(), d.ok(), true, d.finding(), d.remedy()));
            }
        } catch (IsobarException e) {
            if (!e.code().callersFault()) {
                throw e;
            }
            checks.add(new Documents.Check(
                    "configuration",
                    false,
                    true,
                    String.valueOf(e.getMessage()),
                    "Correct these keys; the known ones are listed below."));
        }
    }
}
