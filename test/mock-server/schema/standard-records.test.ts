/** What the org fills by itself in the objects around orders. */
import { expect, it } from "vitest";
import { createMockOrg } from "../../../mock-server/mock-org/mock-org.ts";

it("an opportunity's stage says whether it is closed or won, how probable it is and what it counts as", async () => {
  await using org = await createMockOrg({ now: "2026-03-01T08:00:00Z" });
  const made = org.given.record("Opportunity", {
    Name: "Big",
    StageName: "Value Proposition",
    CloseDate: "2026-11-30",
    Amount: 200,
  });
  const open = { IsClosed: false, IsWon: false, Probability: 50, ForecastCategoryName: "Pipeline" };
  expect(made).toMatchObject({ ...open, ExpectedRevenue: 100, FiscalYear: 2026, FiscalQuarter: 4 });
  const won = org.given.update("Opportunity", made.Id, { StageName: "Closed Won" });
  const closed = { IsClosed: true, IsWon: true, Probability: 100, ForecastCategory: "Closed" };
  expect(won).toMatchObject({ ...closed, ForecastCategoryName: "Closed", ExpectedRevenue: 200 });
  const lost = org.given.update("Opportunity", made.Id, { StageName: "Closed Lost", Probability: 5 });
  expect(lost).toMatchObject({ IsClosed: true, IsWon: false, Probability: 5, ForecastCategoryName: "Omitted" });
});

it("a line of an opportunity or quote takes product and list price from its entry, and has a total", async () => {
  await using org = await createMockOrg();
  const opportunity = org.given.record("Opportunity", {
    Name: "Big",
    StageName: "Prospecting",
    CloseDate: "2026-11-30",
    Pricebook2Id: org.given.standardPricebook(),
  });
  const { Id: product, pricebookEntryId } = org.given.product({ price: 12, ProductCode: "P-12" });
  const line = { PricebookEntryId: pricebookEntryId, Quantity: 3, UnitPrice: 10, Discount: 10 };
  expect(org.given.record("OpportunityLineItem", { ...line, OpportunityId: opportunity.Id })).toMatchObject({
    Product2Id: product,
    ProductCode: "P-12",
    ListPrice: 12,
    Subtotal: 30,
    TotalPrice: 27,
  });
  const quote = org.given.record("Quote", { Name: "Q", OpportunityId: opportunity.Id });
  expect(org.given.record("QuoteLineItem", { ...line, QuoteId: quote.Id })).toMatchObject({ TotalPrice: 27 });
});

it("a case or task is closed by its status, and says since when", async () => {
  await using org = await createMockOrg({ now: "2026-03-01T08:00:00Z" });
  const made = org.given.record("Case", { Subject: "Broken" });
  expect(made).toMatchObject({ Status: "New", Priority: "Medium", IsClosed: false, ClosedDate: null });
  expect(made["CaseNumber"]).toMatch(/^\d{8}$/);
  const now = "2026-03-01T08:00:00.000+0000";
  expect(org.given.update("Case", made.Id, { Status: "Closed" })).toMatchObject({ IsClosed: true, ClosedDate: now });
  expect(org.given.update("Case", made.Id, { Status: "New" })).toMatchObject({ IsClosed: false, ClosedDate: null });
  const task = org.given.record("Task", { Subject: "Call", WhatId: org.given.account().Id });
  expect(task).toMatchObject({ Status: "Not Started", Priority: "Normal", IsClosed: false });
  expect(org.given.update("Task", task.Id, { Status: "Completed" })).toMatchObject({
    IsClosed: true,
    CompletedDateTime: now,
  });
});

it("a lead, campaign, campaign member and event are saved as plain records", async () => {
  await using org = await createMockOrg();
  const lead = org.given.record("Lead", { FirstName: "Ada", LastName: "Byron", Company: "Engines" });
  expect(lead).toMatchObject({ Name: "Ada Byron", Status: "Open - Not Contacted", IsConverted: false });
  const campaign = org.given.record("Campaign", { Name: "Spring" });
  expect(org.given.record("CampaignMember", { CampaignId: campaign.Id, LeadId: lead.Id })).toMatchObject({
    Status: "Sent",
  });
  const event = { Subject: "Meeting", WhoId: lead.Id, DurationInMinutes: 30, ActivityDateTime: "2026-05-01T10:00:00Z" };
  expect(org.given.record("Event", event)).toMatchObject({ ShowAs: "Busy", WhoId: lead.Id });
});

it("every object of the org says when and by whom its records were changed last, as far as Salesforce does", async () => {
  await using org = await createMockOrg();
  const user = org.org.catalog.object("User");
  expect(["LastModifiedDate", "LastModifiedById", "CreatedById"].map((name) => user?.field(name)?.type)).toEqual([
    "datetime",
    "reference",
    "reference",
  ]);
});
