using OrthancCloudFs.Fuzzing;
using OrthancCloudFs.Fuzzing.Targets;
using SharpFuzz;

// What tests/scripts/fuzz and its campaigns call; see docs/testing.md.
CorpusKeeper.Start();

if (args is ["list"] or ["instrument"])
{
    foreach (string line in args[0] == "list" ? FuzzTargets.Names : FuzzTargets.Instrumented)
        Console.WriteLine(line);
    return 0;
}

if (args is not [var command, var targetName, ..] || FuzzTargets.Create(targetName) is not { } target)
{
    Console.Error.WriteLine("usage: list | instrument | seed TARGET DIRECTORY | keep TARGET FROM TO | replay TARGET FILE... | run TARGET");
    return 2;
}

using (target)
{
    switch (command)
    {
        case "seed":
            Seed(args[2]);
            return 0;
        case "replay":
            target.WarmUp();
            return args.Skip(2).Select(Replay).ToList().TrueForAll(good => good) ? 0 : 1;
        case "keep":
            target.WarmUp();
            CorpusKeeper.Keep(target, args[2], args[3]);
            return 0;
        default:
            target.WarmUp();
            Fuzzer.OutOfProcess.Run(stream => target.Run(ReadAll(stream)));
            return 0;
    }
}

void Seed(string directory)
{
    Directory.CreateDirectory(directory);
    int number = 0;
    foreach (byte[] seed in target.Seeds)
        File.WriteAllBytes(Path.Combine(directory, $"seed-{number++:d3}"), seed);
    File.WriteAllLines(directory + ".dict", target.Dictionary.Select(word => $"\"{Escape(word)}\""));
}

bool Replay(string file)
{
    try
    {
        target.Run(File.ReadAllBytes(file));
        return true;
    }
    catch (Exception e)
    {
        Console.WriteLine($"{file}: {e}");
        return false;
    }
}

static byte[] ReadAll(Stream stream)
{
    using var bytes = new MemoryStream();
    stream.CopyTo(bytes);
    return bytes.ToArray();
}

static string Escape(string word) => string.Concat(word.Select(
    c => c is < ' ' or > '~' or '"' or '\\' ? $"\\x{(int)c:x2}" : c.ToString()));
