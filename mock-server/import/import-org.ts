/** Reads an org and gives the files from which a mock org is started: SFDX source and a seed. */
import { Anonymizer } from "./anonymize.ts";
import { type MetadataFile, metadataOf } from "./metadata-files.ts";
import { LOADING_ORDER, takeSample } from "./sample.ts";
import { settingsOf } from "./settings-files.ts";
import { type DescribedObject, describeObject, queryAll, type SourceOrg } from "./source-org.ts";

/** What to read. */
export interface ImportOptions {
  /** Custom objects whose metadata is read too. */
  readonly objects: readonly string[];
  /** Accounts of the sample; 0 takes metadata only. */
  readonly records: number;
  readonly anonymize: boolean;
}

/** Files by their path below the target folder, and what was left out. */
export interface ImportedOrg {
  readonly files: readonly MetadataFile[];
  readonly remarks: readonly string[];
}

/** Reads the org. Throws an `Error` that names the call that the org refuses. */
export async function importOrg(org: SourceOrg, options: ImportOptions): Promise<ImportedOrg> {
  const objects = new Map<string, DescribedObject>();
  const remarks: string[] = [];
  for (const name of [...LOADING_ORDER, ...options.objects]) {
    const described = await describeObject(org, name);
    if (described === undefined) remarks.push(`the org has no object ${name}`);
    else objects.set(name, described);
  }
  const categories = new Map<string, string>();
  for (const object of ["Order", "Contract"].filter((name) => objects.has(name))) {
    for (const status of await queryAll(org, `SELECT ApiName, StatusCode FROM ${object}Status`)) {
      categories.set(`${object}.${String(status["ApiName"])}`, String(status["StatusCode"]));
    }
  }
  const files: MetadataFile[] = [];
  for (const object of objects.values()) {
    const metadata = metadataOf(object, categories);
    files.push(...metadata.files.map((file) => ({ ...file, path: `force-app/${file.path}` })));
    remarks.push(...metadata.remarks);
  }
  files.push(...(await settingsOf(org, objects)).map((file) => ({ ...file, path: `force-app/${file.path}` })));
  if (options.records > 0) {
    const anonymizer = options.anonymize ? new Anonymizer() : undefined;
    const sample = await takeSample(org, objects, { records: options.records, anonymizer });
    remarks.push(...sample.remarks);
    const plan = sample.files.map(({ object }) => ({
      sobject: object,
      saveRefs: true,
      resolveRefs: true,
      files: [`${object}.json`],
    }));
    files.push({ path: "data/plan.json", text: `${JSON.stringify(plan, null, 2)}\n` });
    for (const { object, records } of sample.files) {
      files.push({ path: `data/${object}.json`, text: `${JSON.stringify({ records }, null, 2)}\n` });
    }
  }
  return { files, remarks };
}
