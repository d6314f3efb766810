package timesheet;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Reads a timesheet and prints the hours of each day and of the week. */
public final class Main {
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      System.err.println("usage: timesheet FILE");
      System.exit(2);
    }
    List<Shift> shifts = Shift.parseAll(Files.readAllLines(Path.of(arguments[0])));
    Duration week = Duration.ZERO;
    for (Shift shift : shifts) {
      System.out.printf("%s %s%n", shift.day(), hours(shift.length()));
      week = week.plus(shift.length());
    }
    System.out.printf("week %s%n", hours(week));
  }

  private static String hours(Duration duration) {
    return "%d:%02d".formatted(duration.toHours(), duration.toMinutesPart());
  }
}
