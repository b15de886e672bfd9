using System.CommandLine;

namespace OrthancCloudFs.Campaigns.Crash;

/// <summary><c>crash</c>: kills mount program, Orthanc and gateway under load, round by round, and checks that nothing is lost.</summary>
internal static class CrashCommand
{
    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Rounds of all write modes together", DefaultValueFactory = _ => 200 };
        var modes = new Option<string[]>("--write-mode")
        {
            Description = "Through, Journal, or both, which share the rounds",
            DefaultValueFactory = _ => ["Through", "Journal"],
            AllowMultipleArgumentsPerToken = true,
        };
        modes.AcceptOnlyFromAmong("Through", "Journal");
        var seed = new Option<int>("--seed") { Description = "Of the random moments, victims and sizes", DefaultValueFactory = _ => Random.Shared.Next() };
        var clients = new Option<int>("--clients") { Description = "Clients of Orthanc at once", DefaultValueFactory = _ => 6 };
        var command = new Command("crash", "Stock Orthanc under load on Ceph's gateway, kill -9 of one of them or all: is every acknowledged image there?")
        {
            rounds, modes, seed, clients,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(rounds), parsed.GetValue(modes)!, parsed.GetValue(seed), parsed.GetValue(clients), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int rounds, string[] modes, int seed, int clients, CancellationToken cancellationToken)
    {
        bool isClean = true;
        for (int i = 0; i < modes.Length; i++)
        {
            var plan = new CrashPlan
            {
                // What does not divide evenly goes to the first ones.
                Rounds = ((rounds - i - 1) / modes.Length) + 1,
                WriteMode = modes[i],
                Seed = seed,
                Clients = clients,
            };
            isClean &= (await CrashCampaign.RunAsync(plan, Console.Out, cancellationToken)).Findings.Count == 0;
        }

        await Console.Out.WriteLineAsync(isClean ? "PASS" : "FAIL");
        return isClean ? 0 : 1;
    }
}
