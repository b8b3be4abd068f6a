declare module "*/words.txt" {
  const text: string;
  export default text;
}

declare module "*/common.txt" {
  const text: string;
  export default text;
}
