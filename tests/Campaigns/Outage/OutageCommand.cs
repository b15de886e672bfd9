using System.CommandLine;

namespace OrthancCloudFs.Campaigns.Outage;

/// <summary><c>outage</c>: cuts the line to the bucket under load in journal mode, and checks that nothing is refused and nothing lost.</summary>
internal static class OutageCommand
{
    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { Description = "How long the line is cut", DefaultValueFactory = _ => 10 };
        minutes.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0.5 and <= 1440))
                result.AddError("--minutes: 0.5 to 1440");
        });
        var seed = new Option<int>("--seed") { Description = "Of the sizes and the calls", DefaultValueFactory = _ => Random.Shared.Next() };
        var command = new Command("outage", "Stock Orthanc under load, in journal mode, and no bucket: is all of it there afterwards?") { minutes, seed };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(minutes), parsed.GetValue(seed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(double minutes, int seed, CancellationToken cancellationToken)
    {
        var plan = new OutagePlan { Outage = TimeSpan.FromMinutes(minutes), Seed = seed };
        bool isClean = (await OutageCampaign.RunAsync(plan, Console.Out, cancellationToken)).Findings.Count == 0;
        await Console.Out.WriteLineAsync(isClean ? "PASS" : "FAIL");
        return isClean ? 0 : 1;
    }
}
