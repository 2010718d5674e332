package dev.isobar.cli;

import dev.isobar.cli.emulate.Emulators;
import dev.isobar.cli.emulate.Running;
import dev.isobar.cli.print.Documents;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code isobar emulators}. */
@Command(
        name = "emulators",
        description =
                "Starts, ends or lists a cloud's emulators on this machine; its target then finds them by itself.")
final class EmulatorsCommand extends Task {
    /** What to do. */
    enum Action {
        up,
        down,
        status
    }

    @Parameters(index = "0", paramLabel = "up|down|status", description = "up returns when everything answers.")
    @SuppressWarnings("NullAway.Init")
    Action action;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "CLOUD",
            description = "aws or gcp; all of them if none is named.")
    @Nullable
    String cloud;

    @Override
    Answer answer() {
        List<String> clouds = cloud == null ? List.copyOf(Emulators.clouds(host().installation())) : List.of(cloud);
        List<Documents.EmulatedCloud> states = new ArrayList<>();
        for (String name : clouds) {
            Emulators emulators = new Emulators(host().installation(), name);
            switch (action) {
                case up -> emulators.up();
                case down -> emulators.down();
                case status -> {}
            }
            Optional<Running> running = emulators.running();
            states.add(new Documents.EmulatedCloud(
                    name,
                    running.isPresent(),
                    running.map(Running::pid).orElse(null),
                    running.map(Running::services).orElse(List.of())));
        }
        Documents.EmulatorList list = new Documents.EmulatorList(states);
        return Answer.done(list, () -> summaries().emulators(list));
    }
}
